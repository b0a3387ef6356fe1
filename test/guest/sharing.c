/*
 * Tries in a machine: shared memory, threads that fork, file mappings, storms of forks and execs.
 * Prints STRESS OK, or FAIL with the line and ends with 1. Run both programs of this folder after a change to the
 * kernel's patches (docs/kernel.md).
 *
 *   gcc -O1 -static -pthread -o sharing sharing.c
 *   npx lab ssh web1 -- 'cat >/run/sharing; chmod +x /run/sharing; /run/sharing' <sharing
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#define P 4096
#define DIE(...) do{printf("FAIL %d: ",__LINE__);printf(__VA_ARGS__);puts("");fflush(stdout);_exit(1);}while(0)

static void shared(void)
{
	int n = 100;
	volatile int *m = mmap(0, n * P, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t c[4];
	for (int k = 0; k < 4; k++) {
		c[k] = fork();
		if (!c[k]) {
			for (int t = 0; t < 50; t++)
				for (int i = 0; i < n; i++)
					__sync_fetch_and_add(&m[i * 1024], 1);
			_exit(0);
		}
	}
	for (int k = 0; k < 4; k++)
		waitpid(c[k], 0, 0);
	for (int i = 0; i < n; i++)
		if (m[i * 1024] != 200)
			DIE("shared %d: %d", i, m[i * 1024]);
	munmap((void *)m, n * P);
}

static char *tm;
static void *thr(void *a)
{
	long id = (long)a;
	for (int t = 0; t < 200; t++) {
		for (int i = id; i < 200; i += 4) {
			tm[i * P]++;
		} if (t % 50 == 0) {
			pid_t c = fork();
			if (!c) {
				for (int i = 0; i < 200; i++)
					tm[i * P] = -1;
				_exit(0);
			}
			waitpid(c, 0, 0);
		}
		char *x = mmap(0, 8 * P, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		x[0] = 1;
		x[5 * P] = 2;
		munmap(x, 8 * P);
	} return 0;
}

static void threads(void)
{
	tm = mmap(0, 200 * P, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t[4];
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], 0, thr, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], 0);
	for (int i = 0; i < 200; i++)
		if ((unsigned char)tm[i * P] != 200)
			DIE("thread page %d: %d", i, tm[i * P]);
	munmap(tm, 200 * P);
}

static void file(void)
{
	char name[] = "/tmp/sXXXXXX";
	int f = mkstemp(name);
	int n = 64;
	ftruncate(f, n * P);
	char *a = mmap(0, n * P, 3, MAP_SHARED, f, 0), *b = mmap(0, n * P, 3, MAP_PRIVATE, f, 0);
	for (int i = 0; i < n; i++)
		a[i * P] = i;
	for (int i = 0; i < n; i++)
		if (b[i * P] != i)
			DIE("file");
	for (int i = 0; i < n; i += 2)
		b[i * P] = 1;
	pid_t c = fork();
	if (!c) {
		for (int i = 1; i < n; i += 2) {
			if (b[i * P] != i)
				DIE("fc");
			b[i * P] = 2;
			a[i * P] = 50;
		}
		_exit(0);
	}
	int st;
	waitpid(c, &st, 0);
	if (st)
		DIE("fst");
	for (int i = 1; i < n; i += 2) {
		if (a[i * P] != 50)
			DIE("shared file");
	}
	for (int i = 0; i < n; i += 2)
		if (b[i * P] != 1 || a[i * P] != i)
			DIE("priv");
	char buf[P];
	pread(f, buf, P, P);
	if (buf[0] != 50)
		DIE("pread");
	msync(a, n * P, MS_SYNC);
	pwrite(f, "z", 1, 3 * P);
	if (a[3 * P] != 'z')
		DIE("pwrite");
	ftruncate(f, 0);
	munmap(a, n * P);
	munmap(b, n * P);
	close(f);
	unlink(name);
}

static void storm(void)
{
	for (int k = 0; k < 25; k++) {
		pid_t c[20];
		for (int i = 0; i < 20; i++) {
			c[i] = (k & 1) ? vfork() : fork();
			if (!c[i]) {
				if (i % 2)
					execl("/bin/true", "true", (char *)0);
				else
					execl("/proc/self/exe", "stress", "x", (char *)0);
				_exit(9);
			}
		} if (k % 5 == 4)
			kill(c[3], SIGKILL);
		for (int i = 0; i < 20; i++) {
			int st;
			waitpid(c[i], &st, 0);
			if (st && !(WIFSIGNALED(st) && i == 3))
				DIE("storm %x", st);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		char *m = malloc(200000);
		memset(m, 1, 200000);
		volatile double d = 1.5;
		d *= 3;
		return d != 4.5;
	}
	for (int round = 0; round < 6; round++) {
		shared();
		threads();
		file();
		storm();
		printf("round %d ok\n", round);
		fflush(stdout);
	}
	puts("STRESS OK");
	return 0;
}
