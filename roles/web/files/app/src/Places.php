<?php

declare(strict_types=1);

namespace Sample;

/**
 * A few places for work that may get stuck. Shared files are mounted so that an access waits until the storage is
 * back; without a limit all PHP processes would soon wait there, and nothing else would be served either.
 */
final class Places
{
    /** @var resource[] */
    private array $held = [];

    /** @param string $name of the work  @param float $timeout seconds to wait for a free place */
    public function __construct(private readonly string $name, private readonly int $count, private readonly float $timeout)
    {
    }

    /** Takes a place until the request ends, once. Unavailable if none gets free in time. */
    public function take(): void
    {
        if ($this->held !== []) {
            return;
        }
        $end = microtime(true) + $this->timeout;
        do {
            for ($place = 0; $place < $this->count; $place++) {
                $file = fopen(sys_get_temp_dir() . "/sample-{$this->name}-$place", 'c');
                if ($file !== false && flock($file, LOCK_EX | LOCK_NB)) {
                    $this->held[] = $file;
                    return;
                }
            }
            usleep(20_000);
        } while (microtime(true) < $end);
        throw new Unavailable('storage', "all {$this->count} requests for {$this->name} wait for the storage");
    }
}
