<?php

declare(strict_types=1);

namespace Sample;

/** Files that visitors leave, in a folder all web machines share. Settings: folder. */
final class Storage implements Part
{
    public function __construct(private readonly ?array $settings, private readonly string $machine)
    {
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
            $file = $this->folder() . "/.health-{$this->machine}";
            $mark = (string) hrtime(true);
            if (@file_put_contents($file, $mark) === false || @file_get_contents($file) === false) {
                throw new \RuntimeException(error_get_last()['message'] ?? "cannot write in {$this->folder()}");
            }
            return $this->folder();
        });
    }

    /** @return array<string, int> size in bytes by name */
    public function files(): array
    {
        $files = [];
        foreach (scandir($this->folder()) ?: [] as $name) {
            if ($name[0] !== '.' && is_file($this->folder() . "/$name")) {
                $files[$name] = filesize($this->folder() . "/$name");
            }
        }
        return $files;
    }

    /** Keeps an uploaded file under its own name; it is complete before it becomes visible. */
    public function keep(string $uploaded, string $name): void
    {
        $target = $this->path($name);
        $partial = $this->folder() . '/.upload-' . bin2hex(random_bytes(8));
        if (!move_uploaded_file($uploaded, $partial) || !rename($partial, $target)) {
            throw new \RuntimeException("cannot write $target");
        }
    }

    /** The file's path, for reading or writing; refuses names that could leave the folder. */
    public function path(string $name): string
    {
        if (!preg_match('/^[\w][\w .()+-]{0,99}$/u', $name)) {
            throw new Refused('bad_name');
        }
        return $this->folder() . "/$name";
    }

    private function folder(): string
    {
        return $this->settings['folder'] ?? throw new \LogicException('the storage is not configured');
    }
}
