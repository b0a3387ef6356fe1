<?php

declare(strict_types=1);

namespace Sample;

/**
 * Files that visitors leave, in a folder all web machines share. Settings: folder, requests (how many may use it at a
 * time on this machine).
 */
final class Storage implements Part
{
    private readonly Places $places;
    private readonly Places $probes;

    public function __construct(private readonly ?array $settings, private readonly string $machine, float $timeout)
    {
        $this->places = new Places('files', $settings['requests'] ?? 2, $timeout);
        // Of the health checks that find the storage stuck only one waits in it; the others say so almost at once.
        $this->probes = new Places('file checks', 1, 0.2);
    }

    public function name(): string
    {
        return 'storage';
    }

    public function configured(): bool
    {
        return $this->settings !== null;
    }

    public function check(): Health
    {
        if (!$this->configured()) {
            return new Health(State::NotConfigured);
        }
        return Health::of(function (): string {
            $this->probes->take();
            $this->probe($this->folder() . "/.health-{$this->machine}");
            return $this->folder();
        });
    }

    /**
     * Writes to the storage, and returns when it is on disk there. In place, always of one length: a file that is emptied and written
     * again takes the storage twelve writes to both disks instead of four, and every load balancer asks once a second.
     */
    private function probe(string $file): void
    {
        $now = sprintf('%020d', hrtime(true));
        $to = @fopen($file, 'c') ?: throw $this->failure("cannot write in {$this->folder()}");
        if (@fwrite($to, $now) !== strlen($now) || !@fsync($to) || !fclose($to)) {
            throw $this->failure("cannot write in {$this->folder()}");
        }
    }

    /** @return array<string, int> size in bytes by name */
    public function files(): array
    {
        $this->places->take();
        $files = [];
        foreach (@scandir($this->folder()) ?: throw $this->failure("cannot read {$this->folder()}") as $name) {
            if ($name[0] !== '.' && is_file($this->folder() . "/$name")) {
                $files[$name] = filesize($this->folder() . "/$name");
            }
        }
        return $files;
    }

    /**
     * Keeps what a stream holds under a name. It is complete and on disk before it becomes visible.
     *
     * @param resource $from
     * @param ?int $length bytes that must arrive; Refused otherwise, as an upload that broke off is not kept
     * @param ?string $expected SHA-256 that the content must have; Refused otherwise
     * @return array{size: int, sha256: string, created: bool}
     */
    public function keep($from, string $name, ?int $length, ?string $expected = null): array
    {
        self::checkName($name);
        // All of it first: a visitor who sends slowly, or vanished, must not hold one of the few places.
        $body = tmpfile() ?: throw new \RuntimeException('no room for what is uploaded');
        if (stream_copy_to_stream($from, $body) === false || ($length !== null && ftell($body) !== $length)) {
            throw new Refused('bad_upload');
        }
        rewind($body);
        $target = $this->path($name);
        $partial = $this->folder() . '/.upload-' . bin2hex(random_bytes(8));
        try {
            $kept = $this->write($body, $partial);
            if ($expected !== null && !hash_equals(strtolower($expected), $kept['sha256'])) {
                throw new Refused('bad_checksum');
            }
            $created = !is_file($target);
            if (!@rename($partial, $target)) {
                throw $this->failure("cannot write $target");
            }
            return $kept + ['created' => $created];
        } finally {
            if (is_file($partial)) {
                @unlink($partial);
            }
        }
    }

    /** An existing file's path. Refused if there is none. */
    public function find(string $name): string
    {
        $path = $this->path($name);
        clearstatcache();
        return is_file($path) ? $path : throw new Refused('no_file');
    }

    public function remove(string $name): void
    {
        if (!@unlink($this->find($name))) {
            throw $this->failure("cannot remove $name");
        }
    }

    /** @param resource $from  @return array{size: int, sha256: string} */
    private function write($from, string $file): array
    {
        $to = @fopen($file, 'x') ?: throw $this->failure("cannot write in {$this->folder()}");
        $hash = hash_init('sha256');
        $size = 0;
        while (!feof($from)) {
            $piece = fread($from, 65536);
            if ($piece === false) {
                throw new \RuntimeException('what was uploaded cannot be read');
            }
            hash_update($hash, $piece);
            $size += strlen($piece);
            if (fwrite($to, $piece) !== strlen($piece)) {
                throw $this->failure("cannot write in {$this->folder()}");
            }
        }
        if (!fsync($to) || !fclose($to)) {
            throw $this->failure("cannot write in {$this->folder()}");
        }
        return ['size' => $size, 'sha256' => hash_final($hash)];
    }

    /** The file's path, for reading or writing; refuses names that could leave the folder. */
    private function path(string $name): string
    {
        self::checkName($name);
        $this->places->take();
        return $this->folder() . "/$name";
    }

    private static function checkName(string $name): void
    {
        if (!preg_match('/^[\w][\w .()+-]{0,99}$/uD', $name)) {
            throw new Refused('bad_name');
        }
    }

    private function failure(string $what): Unavailable
    {
        return new Unavailable('storage', error_get_last()['message'] ?? $what);
    }

    private function folder(): string
    {
        return $this->settings['folder'] ?? throw new Unavailable('storage', 'not configured');
    }
}
