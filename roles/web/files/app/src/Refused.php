<?php

declare(strict_types=1);

namespace Sample;

/** A request that cannot be done as asked; the message is the name of a text. */
final class Refused extends \RuntimeException
{
}
