"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("web.course.urls")),
    path("", include("web.accounts.urls")),
    path("", include("web.ops.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "web.ops.errors.bad_request"
handler403 = "web.ops.errors.permission_denied"
handler404 = "web.ops.errors.page_not_found"
handler500 = "web.ops.errors.server_error"
