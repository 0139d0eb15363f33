from django.http import HttpResponse
def insight(request):
    return HttpResponse("soon")
