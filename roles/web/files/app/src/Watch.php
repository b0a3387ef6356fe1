<?php

declare(strict_types=1);

namespace Sample;

/**
 * Keeps one part that does not answer from taking a page with it, which can do without. Once a question has been open
 * for TIMEOUT seconds, the next ones are told at once instead of waiting as well; health checks ask in any case, and the
 * first answer ends it. What the health checks found is remembered for pages, too. Shared by this machine's PHP
 * processes (APCu); without it everybody asks, and waits, himself.
 */
final class Watch
{
    /** Seconds. */
    private const TIMEOUT = 0.3;
    /** Seconds after which a page asks again, should there be no health checks. */
    private const FORGET = 5;
    /** Seconds for which the last health check counts. */
    private const RECENT = 3.0;

    /** Runs work that asks a part. Unavailable if an earlier question to it is open for too long; work's own errors. */
    public static function ask(string $part, callable $work, bool $always = false): mixed
    {
        if (!self::works()) {
            return $work();
        }
        $since = apcu_fetch("asked:$part");
        if (!$always && $since !== false && microtime(true) - $since > self::TIMEOUT) {
            throw new Unavailable($part, 'does not answer at the moment');
        }
        apcu_add("asked:$part", microtime(true), self::FORGET);
        $result = $work();
        apcu_delete("asked:$part");
        return $result;
    }

    /** A part's health for a health check: asked now, in any case. */
    public static function check(Part $part): Health
    {
        // A check that fails leaves the question open.
        $health = null;
        try {
            self::ask($part->name(), function () use ($part, &$health): void {
                $health = $part->check();
                if ($health->state === State::Failed) {
                    throw new Unavailable($part->name(), $health->detail);
                }
            }, true);
        } catch (Unavailable) {
        }
        if (self::works()) {
            apcu_store("health:{$part->name()}", [microtime(true), $health->state->value, $health->detail]);
        }
        return $health;
    }

    /**
     * The health of all parts for a health check. Two load balancers ask the same within a moment: what was found for one of
     * them, and works, is told the other one too. Who asks again gets nothing that is known already.
     *
     * @param string $asker address
     * @return array<string, Health> by name of the part
     */
    public static function checkAll(string $asker): array
    {
        $share = settings()->health;
        $may = self::works() && in_array($asker, $share['askers'] ?? [], true);
        $known = $may ? apcu_fetch('checked') : false;
        if ($known !== false && $known['asker'] !== $asker && microtime(true) - $known['at'] < $share['seconds']) {
            return array_map(fn (array $part) => new Health(State::from($part[0]), $part[1]), $known['parts']);
        }
        $at = microtime(true);
        $found = [];
        foreach (parts() as $part) {
            $found[$part->name()] = self::check($part);
        }
        if ($may) {
            $works = !array_filter($found, fn (Health $health) => $health->state === State::Failed);
            $parts = array_map(fn (Health $health) => [$health->state->value, $health->detail], $found);
            $works ? apcu_store('checked', ['asker' => $asker, 'at' => $at, 'parts' => $parts]) : apcu_delete('checked');
        }
        return $found;
    }

    /** A part's health for a page: what the last health check found; asked only if there is none. */
    public static function look(Part $part): Health
    {
        $known = self::works() ? apcu_fetch("health:{$part->name()}") : false;
        if ($known !== false && microtime(true) - $known[0] < self::RECENT) {
            return new Health(State::from($known[1]), $known[2]);
        }
        try {
            return self::ask($part->name(), fn () => $part->check());
        } catch (Unavailable $error) {
            return new Health(State::Failed, $error->getMessage());
        }
    }

    private static function works(): bool
    {
        return function_exists('apcu_enabled') && apcu_enabled();
    }
}
