from django.contrib.auth.hashers import Argon2PasswordHasher


class ClassroomArgon2(Argon2PasswordHasher):
    """Argon2id as OWASP's password storage cheat sheet has it: 19 MiB, two passes, one lane.

    Django's own choice takes 100 MiB for each log-in; thirty students who log in at the start of
    a lesson would take the machine's memory away from the cluster.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
