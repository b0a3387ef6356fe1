<?php

declare(strict_types=1);

namespace Sample;

/** /etc/lab/app.json: a part that is null is not configured (yet). */
final readonly class Settings
{
    private function __construct(
        public string $machine,
        public string $loginName,
        public string $loginPassword,
        public float $timeout,
        public ?array $database,
        public ?array $sessions,
        public ?array $storage,
        public ?array $nextcloud,
        public ?array $health,
    ) {
    }

    public static function read(string $file): self
    {
        $text = @file_get_contents($file);
        if ($text === false) {
            throw new \RuntimeException("cannot read $file");
        }
        $all = json_decode($text, true, flags: JSON_THROW_ON_ERROR);
        return new self(
            $all['machine'],
            $all['login']['name'],
            $all['login']['password'],
            (float) $all['timeout'],
            $all['database'] ?? null,
            $all['sessions'] ?? null,
            $all['storage'] ?? null,
            $all['nextcloud'] ?? null,
            $all['health'] ?? null,
        );
    }
}
