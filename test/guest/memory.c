/*
 * Tries in a machine: private pages after forks, changes of protection, unmapping and moving.
 * Prints STRESS OK, or FAIL with the line and ends with 1. Run both programs of this folder after a change to the
 * kernel's patches (docs/kernel.md).
 *
 *   gcc -O1 -static -pthread -o memory memory.c
 *   npx lab ssh web1 -- 'cat >/run/memory; chmod +x /run/memory; /run/memory' <memory
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
static unsigned rnd = 1;
static unsigned r(void)
{
	rnd = rnd * 1103515245 + 12345;
	return rnd >> 8;
}

static sigjmp_buf jb;
static void segv(int s)
{
	siglongjmp(jb, 1);
}

static void cow(int depth, char *m, int n, unsigned char gen)
{
	// each page holds gen; child rewrites random pages, parent verifies its own
	for (int i = 0; i < n; i++)
		if (i % 3)
			m[i * P] = gen, m[i * P + P - 1] = gen ^ i;
	pid_t c = fork();
	if (c < 0)
		DIE("fork");
	if (!c) {
		for (int i = 0; i < n; i++)
			if (i % 3
			    && ((unsigned char)m[i * P] != gen
				|| (unsigned char)m[i * P + P - 1] != (unsigned char)(gen ^ i)))
				DIE("child sees %d at %d", m[i * P], i);
		for (int k = 0; k < n / 2; k++) {
			int i = r() % n;
			m[i * P] = gen + 1;
			m[i * P + P - 1] = gen + 2;
		}
		if (depth) {
			cow(depth - 1, m, n, gen + 7);
		}
		_exit(0);
	}
	for (int k = 0; k < n / 4; k++) {
		int i = r() % n;
		if (i % 3) {
			m[i * P] = gen;
			m[i * P + P - 1] = gen ^ i;
		}
	}
	int st;
	waitpid(c, &st, 0);
	if (st)
		DIE("status %x", st);
	for (int i = 0; i < n; i++)
		if (i % 3
		    && ((unsigned char)m[i * P] != gen || (unsigned char)m[i * P + P - 1] != (unsigned char)(gen ^ i)))
			DIE("parent sees %d at %d", m[i * P], i);
}

static int faults(volatile char *p, int w)
{
	if (sigsetjmp(jb, 1))
		return 1;
	if (w)
		*p = 5;
	else
		(void)*p;
	return 0;
}

static void prot(void)
{
	int n = 64;
	char *m = mmap(0, n * P, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char pr[64], v[64];
	
	memset(pr, 3, 64);
	memset(v, 0, 64);
	for (int k = 0; k < 4000; k++) {
		int i = r() % n, l = 1 + r() % (n - i > 8 ? 8 : n - i);
		int op = r() % 7;
		if (op == 0) {
			int q = (int[]) { 0, 1, 3, 3 }[r() % 4];
			if (mprotect(m + i * P, l * P, q))
				DIE("mprotect");
			for (int j = i; j < i + l; j++)
				pr[j] = q;
		} else if (op == 1) {
			munmap(m + i * P, l * P);
			if (mmap(m + i * P, l * P, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
				DIE("mmap");
			for (int j = i; j < i + l; j++)
				pr[j] = 3, v[j] = 0;
		} else if (op == 2) {
			madvise(m + i * P, l * P, MADV_DONTNEED);
			for (int j = i; j < i + l; j++)
				v[j] = 0;
		} else if (op == 3 && k % 10 == 0) {
			pid_t c = fork();
			if (!c) {
				for (int j = 0; j < n; j++)
					if (pr[j] & 1) {
						if ((unsigned char)m[j * P + 9] != v[j])
							DIE("child %d: %d not %d", j, m[j * P + 9], v[j]);
						if (pr[j] & 2)
							m[j * P + 9] = 77;
					} else if (!faults(m + j * P, 0))
						DIE("child no fault");
				_exit(0);
			}
			int st;
			waitpid(c, &st, 0);
			if (st)
				DIE("st %x", st);
		} else {	// access
			int wantr = !(pr[i] & 1), wantw = !(pr[i] & 2);
			if (faults(m + i * P, 0) != wantr)
				DIE("read %d prot %d", i, pr[i]);
			if (faults(m + i * P + 1, 1) != wantw)
				DIE("write %d prot %d", i, pr[i]);
			if (!wantw) {
				v[i] = k;
				m[i * P + 9] = k;
			}
			if (!wantr && (unsigned char)m[i * P + 9] != v[i])
				DIE("value %d", i);
	}}
	munmap(m, n * P);
	if (!faults(m, 0))
		DIE("unmapped but readable");
}

static void remap(void)
{
	int n = 40;
	char *m = mmap(0, n * P, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < n; i++)
		m[i * P] = i;
	for (int k = 0; k < 50; k++) {
		char *d = mmap(0, n * P, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *q = mremap(m, n * P, n * P, MREMAP_MAYMOVE | MREMAP_FIXED, d);
		if (q != d)
			DIE("mremap");
		if (!faults(m, 0))
			DIE("old readable");
		m = q;
		for (int i = 0; i < n; i++)
			if (m[i * P] != i)
				DIE("moved %d", i);
		if (k % 5 == 0) {
			pid_t c = fork();
			if (!c) {
				for (int i = 0; i < n; i++)
					m[i * P] = 99;
				_exit(0);
			}
			waitpid(c, 0, 0);
		}
	} munmap(m, n * P);
}

int main(void)
{
	struct sigaction sa = {.sa_handler = segv,.sa_flags = SA_NODEFER };
	sigaction(SIGSEGV, &sa, 0);
	for (int round = 0; round < 6; round++) {
		rnd = round + 1;
		char *m = mmap(0, 300 * P, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int k = 0; k < 8; k++)
			cow(3, m, 300, k * 11);
		munmap(m, 300 * P);
		prot();
		remap();
		printf("round %d ok\n", round);
		fflush(stdout);
	}
	puts("STRESS OK");
	return 0;
}
