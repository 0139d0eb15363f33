from django.http import HttpResponse
def imports(request):
    return HttpResponse("soon")
