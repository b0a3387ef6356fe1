<?php

declare(strict_types=1);

namespace Sample;

/** A part behind the web machine does not do its work now. */
final class Unavailable extends \RuntimeException
{
    public function __construct(public readonly string $part, string $message, ?\Throwable $before = null)
    {
        parent::__construct($message, 0, $before);
    }
}
