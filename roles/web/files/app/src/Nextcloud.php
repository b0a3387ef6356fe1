<?php

declare(strict_types=1);

namespace Sample;

/**
 * Nextcloud on this machine, for the health check of the load balancers: its code is there and its installation is
 * complete. Starting all of Nextcloud for each check would cost more than its visitors do. Settings: code.
 */
final class Nextcloud implements Part
{
    public function __construct(private readonly array $settings, private readonly Database $database)
    {
    }

    public function name(): string
    {
        return 'nextcloud';
    }

    public function configured(): bool
    {
        return true;
    }

    public function check(): Health
    {
        return Health::of(function (): string {
            if (!is_file("{$this->settings['code']}/version.php")) {
                throw new \RuntimeException("no code in {$this->settings['code']}");
            }
            $version = $this->database->value(
                "SELECT configvalue FROM oc_appconfig WHERE appid = 'lab' AND configkey = 'installed'",
            );
            return $version === false ? throw new \RuntimeException('not installed yet') : (string) $version;
        });
    }
}
