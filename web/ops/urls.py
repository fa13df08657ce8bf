from django.urls import path

from web.ops import views

urlpatterns = [
    path("status", views.status, name="status"),
    path("status/snapshot", views.status_snapshot, name="status_snapshot"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
