/*
 * Counts what a machine starts, from the kernel's process events (linux/cn_proc.h), until its standard input ends:
 *
 *   fork N NAME     processes that NAME started
 *   thread N NAME   threads that NAME started (kthreadd: of the kernel itself)
 *   exec N NAME     programs that were executed under this name; a script has its own name, not its interpreter's
 *   lost N -        times that events were dropped: they were not taken in time, or there are more names than places
 *
 * "ready" is printed as soon as it counts. It starts nothing itself. Needs root and CONFIG_PROC_EVENTS.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FORK, THREAD, EXEC };
static const char *const kinds[] = {"fork", "thread", "exec"};

static struct {
	int kind;
	long count;
	char name[32];
} counts[2048];
static int used;
static long lost;

static void count(int kind, const char *name)
{
	int at = 0;

	while (at < used && (counts[at].kind != kind || strcmp(counts[at].name, name)))
		at++;
	if (at == used) {
		if (used == sizeof counts / sizeof *counts) {
			lost++;
			return;
		}
		counts[at].kind = kind;
		snprintf(counts[at].name, sizeof counts[at].name, "%s", name);
		used++;
	}
	counts[at].count++;
}

/* A process that has ended before its event was read has no name any more. */
static void count_process(int kind, int pid)
{
	char path[32], name[32];
	ssize_t length = 0;
	int file;

	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		length = read(file, name, sizeof name - 1);
		close(file);
	}
	if (length > 0 && name[length - 1] == '\n')
		length--;
	name[length > 0 ? length : 0] = '\0';
	count(kind, length > 0 ? name : "?");
}

static void take(const struct proc_event *event)
{
	if (event->what == PROC_EVENT_FORK) {
		int process = event->event_data.fork.child_pid == event->event_data.fork.child_tgid;

		/* Of a thread the kernel names the parent of its process; who started it is the process itself. */
		count_process(process ? FORK : THREAD,
			      process ? event->event_data.fork.parent_tgid : event->event_data.fork.child_tgid);
	} else if (event->what == PROC_EVENT_EXEC) {
		count_process(EXEC, event->event_data.exec.process_pid);
	}
}

static int listen_to_events(void)
{
	struct sockaddr_nl here = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	char message[NLMSG_SPACE(sizeof(struct cn_msg) + sizeof(enum proc_cn_mcast_op))] = "";
	struct nlmsghdr *header = (void *)message;
	struct cn_msg *wish = NLMSG_DATA(header);
	enum proc_cn_mcast_op listen = PROC_CN_MCAST_LISTEN;
	int room = 4 << 20, events = socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);

	if (events < 0 || bind(events, (void *)&here, sizeof here))
		return -1;
	setsockopt(events, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	header->nlmsg_len = NLMSG_LENGTH(sizeof *wish + sizeof listen);
	header->nlmsg_type = NLMSG_DONE;
	wish->id.idx = CN_IDX_PROC;
	wish->id.val = CN_VAL_PROC;
	wish->len = sizeof listen;
	memcpy(wish->data, &listen, sizeof listen);
	return send(events, message, header->nlmsg_len, 0) < 0 ? -1 : events;
}

int main(void)
{
	/* Before others: whoever started has ended soon, and its name with it. */
	struct sched_param first = {.sched_priority = 1};
	struct pollfd sources[2] = {{.fd = 0, .events = POLLIN}, {.events = POLLIN}};
	static char buffer[65536];

	sources[1].fd = listen_to_events();
	if (sources[1].fd < 0) {
		perror("process events");
		return 1;
	}
	sched_setscheduler(0, SCHED_FIFO, &first);
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(sources, 2, -1) < 0 && errno != EINTR)
			break;
		if (sources[1].revents) {
			ssize_t length = recv(sources[1].fd, buffer, sizeof buffer, MSG_DONTWAIT);
			struct nlmsghdr *header = (void *)buffer;

			if (length < 0 && errno == ENOBUFS)
				lost++;
			for (unsigned left = length > 0 ? length : 0; NLMSG_OK(header, left);
			     header = NLMSG_NEXT(header, left)) {
				struct proc_event event;
				const struct cn_msg *message = NLMSG_DATA(header);

				memset(&event, 0, sizeof event);
				memcpy(&event, message->data, message->len < sizeof event ? message->len : sizeof event);
				take(&event);
			}
			continue;
		}
		if (sources[0].revents && read(0, buffer, sizeof buffer) <= 0)
			break;
	}
	for (int at = 0; at < used; at++)
		printf("%s %ld %s\n", kinds[counts[at].kind], counts[at].count, counts[at].name);
	if (lost)
		printf("lost %ld -\n", lost);
	return 0;
}
