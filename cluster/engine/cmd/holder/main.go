// holder is the first process of the cluster's own network, mount and process
// namespaces. It prepares the mounts, says so, and from then on only waits for
// orphans. When it is killed the kernel ends every process beside it and drops
// every mount, so that nothing of the cluster can outlive it.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	// A signal meant for the group must not take the namespaces away.
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	if err := prepareMounts(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "holder:", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	for range children {
		reap()
	}
}

// prepareMounts puts a folder of the cluster's own over each place that
// kubelet, containerd and the CNI plugins have written into their code, and a
// fresh /proc over the one of the machine. Arguments are SOURCE=TARGET pairs.
func prepareMounts(pairs []string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	for _, pair := range pairs {
		source, target, found := strings.Cut(pair, "=")
		if !found {
			return fmt.Errorf("%q: expected SOURCE=TARGET", pair)
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mounting %s over %s: %w", source, target, err)
		}
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	// Shared among themselves: volumes that the kubelet mounts have to be seen
	// by containers that containerd starts.
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

func reap() {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if pid <= 0 || err != nil {
			return
		}
	}
}
