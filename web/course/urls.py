from django.urls import path

from web.course import views

urlpatterns = [
    path("", views.front, name="front"),
    path("labs/<slug:slug>", views.lab, name="lab"),
]
