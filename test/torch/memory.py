"""The most memory that this process has had."""


def peak_megabytes():
    """From /proc: the ru_maxrss of getrusage begins, in a child process, with what its parent has."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
