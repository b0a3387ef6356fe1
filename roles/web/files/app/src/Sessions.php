<?php

declare(strict_types=1);

namespace Sample;

/** Sessions: files of this machine, or Redis once configured. Settings: host, port, password (may be absent). */
final class Sessions implements Part
{
    public function __construct(private readonly ?array $settings, private readonly float $timeout)
    {
    }

    public function name(): string
    {
        return 'sessions';
    }

    public function configured(): bool
    {
        return $this->settings !== null;
    }

    public function check(): Health
    {
        if (!$this->configured()) {
            return new Health(State::NotConfigured, 'files of this machine');
        }
        return Health::of(function (): string {
            $redis = new \Redis();
            $redis->connect($this->settings['host'], $this->settings['port'], $this->timeout, null, 0, $this->timeout);
            if (isset($this->settings['password'])) {
                $redis->auth($this->settings['password']);
            }
            // A write: a replica that answers reads only cannot hold sessions.
            if ($redis->setex('sample:health', 60, (string) time()) !== true) {
                throw new \RuntimeException($redis->getLastError() ?? 'the write was refused');
            }
            return 'redis';
        });
    }

    public function start(): void
    {
        if ($this->configured()) {
            $options = array_filter([
                'timeout' => $this->timeout,
                'read_timeout' => $this->timeout,
                'auth' => $this->settings['password'] ?? null,
            ]);
            ini_set('session.save_handler', 'redis');
            ini_set(
                'session.save_path',
                "tcp://{$this->settings['host']}:{$this->settings['port']}?" . http_build_query($options),
            );
        }
        session_name('sample');
        $started = session_start([
            'cookie_httponly' => true,
            'cookie_secure' => ($_SERVER['HTTPS'] ?? '') === 'on',
            'cookie_samesite' => 'Lax',
            // An unknown identifier is replaced, so a visitor sent to a machine without his session gets a new one.
            'use_strict_mode' => true,
        ]);
        if (!$started) {
            throw new \RuntimeException('the session cannot be opened: ' . (error_get_last()['message'] ?? ''));
        }
    }
}
