from django.apps import AppConfig


class CourseConfig(AppConfig):
    name = "web.course"
    label = "course"
