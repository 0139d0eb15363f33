from django.urls import path

from vunnet.web.deals import belongings, closing, live, record, views

urlpatterns = [
    path("board/", views.board, name="board"),
    path("board/<int:stage_id>/more/", views.more, name="board_more"),
    path("board/more/", views.more_by, name="board_more_by"),
    path("board/since/", live.since, name="board_since"),
    path("deals/<int:deal_id>/put/", live.put, name="put_deal"),
    path("deals/<int:deal_id>/gate/<int:stage_id>/", live.gate, name="gate"),
    path("deals/new/", record.new, name="new_deal"),
    path("deals/<int:deal_id>/", record.deal, name="deal"),
    path("deals/<int:deal_id>/people/", belongings.people, name="deal_people"),
    path("deals/<int:deal_id>/people/suggest/", belongings.suggest_people, name="suggest_deal_people"),
    path("deals/<int:deal_id>/team/", belongings.team, name="deal_team"),
    path("deals/<int:deal_id>/products/", belongings.products, name="deal_products"),
    path("deals/<int:deal_id>/move/", views.move, name="move_deal"),
    path("deals/<int:deal_id>/undo/", views.undo, name="undo_move"),
    path("deals/<int:deal_id>/reopen/", views.reopen, name="reopen_deal"),
    path("deals/<int:deal_id>/close/<str:kind>/", closing.close, name="close_deal"),
]
