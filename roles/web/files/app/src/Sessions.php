<?php

declare(strict_types=1);

namespace Sample;

/**
 * Sessions: files of this machine, or Redis once configured. Where PHP keeps them is set in PHP-FPM's pool; the
 * settings here (host, port, password, wait in seconds) tell whom to ask whether Redis can be written.
 */
final class Sessions implements Part
{
    /** Seconds between two attempts while no Redis is master. */
    private const PAUSE = 0.1;
    /** Seconds that still count as at once. */
    private const AT_ONCE = 0.3;

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
            $this->touch($this->timeout);
            return 'redis';
        });
    }

    /** Opens the visitor's session if that can be done at once; says what is in the way otherwise. */
    public function startNow(): ?string
    {
        try {
            Watch::ask($this->name(), fn () => $this->start(self::AT_ONCE));
            return null;
        } catch (Unavailable $error) {
            return $error->getMessage();
        }
    }

    /**
     * Opens the visitor's session; waits for Redis while it has no master. Unavailable if it takes too long.
     *
     * @param ?float $wait seconds, instead of the settings'
     */
    public function start(?float $wait = null): void
    {
        session_name('sample');
        $this->open($wait ?? $this->settings['wait'] ?? 0, min($wait ?? $this->timeout, $this->timeout));
        // An unknown identifier is replaced: nobody may choose that of somebody else's future session. PHP's strict
        // mode would do it too, but takes a Redis that does not answer for a session that does not exist, and the
        // visitor would lose his login.
        if (!isset($_SESSION['since']) && isset($_COOKIE[session_name()])) {
            session_regenerate_id(true);
        }
        $_SESSION['since'] ??= time();
    }

    private function open(float $wait, float $timeout): void
    {
        $end = microtime(true) + $wait;
        while (true) {
            try {
                if ($this->configured()) {
                    $this->touch($timeout);
                }
                if ($this->begin()) {
                    return;
                }
                $problem = error_get_last()['message'] ?? 'the session cannot be opened';
            } catch (\RedisException $error) {
                $problem = $error->getMessage();
            }
            // A session that could not be read must not replace the visitor's cookie.
            header_remove('Set-Cookie');
            if (microtime(true) + self::PAUSE >= $end) {
                throw new Unavailable('sessions', $problem);
            }
            usleep((int) (self::PAUSE * 1e6));
        }
    }

    private function begin(): bool
    {
        return @session_start([
            'cookie_httponly' => true,
            'cookie_secure' => ($_SERVER['HTTPS'] ?? '') === 'on',
            'cookie_samesite' => 'Lax',
            'use_strict_mode' => false,
        ]);
    }

    /** Really writes: a replica answers too, but cannot hold sessions. */
    private function touch(float $timeout): void
    {
        $redis = new \Redis();
        $s = $this->settings ?? throw new \LogicException('sessions are not configured');
        $redis->connect($s['host'], $s['port'], $timeout, null, 0, $timeout);
        $redis->auth($s['password']);
        if ($redis->setex('sample:health', 60, (string) time()) !== true) {
            throw new \RedisException($redis->getLastError() ?? 'the write was refused');
        }
        $redis->close();
    }
}
