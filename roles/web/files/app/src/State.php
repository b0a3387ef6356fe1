<?php

declare(strict_types=1);

namespace Sample;

enum State: string
{
    case Works = 'works';
    case Failed = 'failed';
    case NotConfigured = 'not configured';
}
