<?php

declare(strict_types=1);

namespace Sample;

final readonly class Health
{
    public function __construct(public State $state, public string $detail = '')
    {
    }

    /** Works if the probe returns (its text is the detail), failed if it throws. */
    public static function of(callable $probe): self
    {
        try {
            return new self(State::Works, (string) $probe());
        } catch (\Throwable $error) {
            return new self(State::Failed, $error->getMessage());
        }
    }
}
