"""The Django project and everything a browser sees."""
