<?php
/** @var Sample\Texts $texts  @var array<string, mixed> $page */
$h = fn (mixed $text): string => htmlspecialchars((string) $text);
$t = fn (string $name): string => $h($texts($name));
$form = fn (string $action, string $more = ''): string => '<form method="post" action="/"' . $more . '>'
    . '<input type="hidden" name="token" value="' . $h($page['token']) . '">'
    . '<input type="hidden" name="action" value="' . $action . '">';
?>
<!doctype html>
<html lang="<?= $texts->language ?>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title><?= $t('title') ?></title>
<link rel="icon" href="data:,">
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: #555 } dd { margin: 0 }
.note { background: #fff7dd; border-left: 4px solid #d9a400; padding: .5rem 1rem }
.failed { color: #b00020; font-weight: bold } .works { color: #0a6b2d }
</style>
</head>
<body>
<h1><?= $t('title') ?></h1>
<?php if (isset($page['error'])): ?>
<p class="failed"><?= $t('error') ?>: <?= $h($page['error']) ?></p>
<p><a href="/"><?= $t('back') ?></a></p>
<?php else: ?>
<dl>
<dt><?= $t('served') ?></dt><dd id="machine"><?= $h($page['machine']) ?></dd>
<dt><?= $t('through') ?></dt><dd id="load-balancer"><?= $h($page['loadBalancer']) ?></dd>
<dt><?= $t('count') ?></dt><dd id="count"><?= $h($page['count'] ?? '?') ?></dd>
<dt><?= $t('time') ?></dt><dd id="time"><?= $h($page['time']) ?></dd>
<dt><?= $t('visitor') ?></dt><dd id="visitor"><?= $h($page['visitor']) ?></dd>
</dl>
<?php if ($page['health']['sessions']->state === Sample\State::NotConfigured): ?>
<p class="note"><?= $t('local_sessions') ?></p>
<?php endif ?>

<?php if ($page['token'] === null): ?>
<p class="note" id="no-session"><?= $t('no_session') ?></p>
<?php elseif ($page['user'] !== null): ?>
<?= $form('logout') ?>
<p id="user"><?= $t('logged_in') ?> <strong><?= $h($page['user']) ?></strong>. <button><?= $t('logout') ?></button></p>
</form>
<?php else: ?>
<h2><?= $t('login') ?></h2>
<?= $form('login') ?>
<label><?= $t('name') ?> <input name="name" autocomplete="username" required></label>
<label><?= $t('password') ?> <input name="password" type="password" autocomplete="current-password" required></label>
<button><?= $t('login') ?></button>
</form>
<p><?= $t('where_password') ?></p>
<?php endif ?>

<h2><?= $t('parts') ?></h2>
<dl>
<?php foreach ($page['health'] as $name => $health): ?>
<dt><?= $t($name) ?></dt>
<dd class="<?= strtok($health->state->value, ' ') ?>"><?= $t($health->state->value) ?>
<?= $health->state === Sample\State::Failed || $health->state === Sample\State::Works ? $h("({$health->detail})") : '' ?></dd>
<?php endforeach ?>
</dl>

<?php if ($page['notes'] !== null): ?>
<h2><?= $t('notes') ?></h2>
<ul id="notes">
<?php foreach ($page['notes'] as $note): ?>
<li><?= $h($note['text']) ?> (<?= $h("{$note['author']}, {$note['written']}, {$note['machine']}") ?>)</li>
<?php endforeach ?>
<?= $page['notes'] === [] ? "<li>{$t('none')}</li>" : '' ?>
</ul>
<?php if ($page['user'] !== null): ?>
<?= $form('note') ?><input name="text" maxlength="500" required> <button><?= $t('add') ?></button></form>
<?php endif ?>
<?php endif ?>

<?php if ($page['files'] !== null): ?>
<h2><?= $t('files') ?></h2>
<ul id="files">
<?php foreach ($page['files'] as $name => $size): ?>
<li><?= $page['user'] !== null ? '<a href="/?file=' . rawurlencode((string) $name) . '">' . $h($name) . '</a>' : $h($name) ?> (<?= $size ?> <?= $t('bytes') ?>)</li>
<?php endforeach ?>
<?= $page['files'] === [] ? "<li>{$t('none')}</li>" : '' ?>
</ul>
<?php if ($page['user'] !== null): ?>
<?= $form('upload', ' enctype="multipart/form-data"') ?><input type="file" name="file" required> <button><?= $t('upload') ?></button></form>
<?php endif ?>
<?php endif ?>
<?php endif ?>
</body>
</html>
