<?php

declare(strict_types=1);

namespace Sample;

/** Something behind the web machine that the application uses once it is configured. */
interface Part
{
    public function name(): string;

    public function configured(): bool;

    /** Really touches the part: a probe that only asks whether it is configured would hide its loss. */
    public function check(): Health;
}
