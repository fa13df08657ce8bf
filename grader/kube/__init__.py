"""The only door to Kubernetes. What passes through it is bounded, and errors are our own.

Nothing is imported here: who wants a part names it, and pays for that part only.
"""
