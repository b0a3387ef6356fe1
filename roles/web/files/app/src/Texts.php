<?php

declare(strict_types=1);

namespace Sample;

/** The page's texts in the visitor's language: French if he prefers it to English, else English. */
final readonly class Texts
{
    private const TEXTS = [
        'title' => ['en' => 'Sample application', 'fr' => 'Application témoin'],
        'served' => ['en' => 'Served by', 'fr' => 'Servi par'],
        'through' => ['en' => 'Through', 'fr' => 'À travers'],
        'visitor' => ['en' => 'Your address', 'fr' => 'Votre adresse'],
        'time' => ['en' => 'Time', 'fr' => 'Heure'],
        'count' => ['en' => 'Pages seen in this session', 'fr' => 'Pages vues dans cette session'],
        'local_sessions' => [
            'en' => 'Sessions are files of each web machine and nothing ties a visitor to one machine: '
                . 'reload the page and the count starts again, log in and the other machine does not know you. '
                . 'That is what the session role mends.',
            'fr' => 'Les sessions sont des fichiers de chaque machine web et rien n\'attache un visiteur à une machine : '
                . 'rechargez la page et le compte repart, connectez-vous et l\'autre machine ne vous connaît pas. '
                . 'C\'est ce que répare le rôle « session ».',
        ],
        'no_session' => [
            'en' => 'Your session cannot be read at this moment, so this page does not know whether you are logged in. '
                . 'Nothing of it is lost: reload the page in a moment.',
            'fr' => 'Votre session ne peut pas être lue en ce moment : cette page ne sait donc pas si vous êtes connecté. '
                . 'Rien n\'en est perdu : rechargez la page dans un instant.',
        ],
        'parts' => ['en' => 'Parts behind this machine', 'fr' => 'Ce qui est derrière cette machine'],
        'database' => ['en' => 'Database', 'fr' => 'Base de données'],
        'sessions' => ['en' => 'Shared sessions', 'fr' => 'Sessions partagées'],
        'storage' => ['en' => 'Shared files', 'fr' => 'Fichiers partagés'],
        'works' => ['en' => 'works', 'fr' => 'fonctionne'],
        'failed' => ['en' => 'does not work', 'fr' => 'ne fonctionne pas'],
        'not configured' => ['en' => 'not configured yet', 'fr' => 'pas encore configuré'],
        'login' => ['en' => 'Log in', 'fr' => 'Se connecter'],
        'logout' => ['en' => 'Log out', 'fr' => 'Se déconnecter'],
        'logged_in' => ['en' => 'You are logged in as', 'fr' => 'Vous êtes connecté en tant que'],
        'name' => ['en' => 'Name', 'fr' => 'Nom'],
        'password' => ['en' => 'Password', 'fr' => 'Mot de passe'],
        'where_password' => [
            'en' => 'Name and password are in /etc/lab/app.json on the web machines.',
            'fr' => 'Le nom et le mot de passe sont dans /etc/lab/app.json sur les machines web.',
        ],
        'notes' => ['en' => 'Notes', 'fr' => 'Notes'],
        'add' => ['en' => 'Add', 'fr' => 'Ajouter'],
        'files' => ['en' => 'Files', 'fr' => 'Fichiers'],
        'upload' => ['en' => 'Upload', 'fr' => 'Envoyer'],
        'bytes' => ['en' => 'bytes', 'fr' => 'octets'],
        'none' => ['en' => 'none yet', 'fr' => 'aucun pour l\'instant'],
        'error' => ['en' => 'That did not work', 'fr' => 'Cela n\'a pas marché'],
        'back' => ['en' => 'Back to the page', 'fr' => 'Retour à la page'],
        'lost_session' => [
            'en' => 'This machine does not know the session the form came from. Are sessions shared?',
            'fr' => 'Cette machine ne connaît pas la session d\'où vient le formulaire. Les sessions sont-elles partagées ?',
        ],
        'bad_login' => ['en' => 'Wrong name or password.', 'fr' => 'Nom ou mot de passe incorrect.'],
        'login_first' => ['en' => 'Log in first.', 'fr' => 'Connectez-vous d\'abord.'],
        'bad_request' => ['en' => 'The form is incomplete.', 'fr' => 'Le formulaire est incomplet.'],
        'bad_upload' => ['en' => 'The file did not arrive (too large?).', 'fr' => 'Le fichier n\'est pas arrivé (trop gros ?).'],
        'bad_name' => ['en' => 'This file name is not accepted.', 'fr' => 'Ce nom de fichier n\'est pas accepté.'],
        'bad_checksum' => ['en' => 'The content is not what was announced.', 'fr' => 'Le contenu n\'est pas celui annoncé.'],
        'no_length' => ['en' => 'The upload does not say its length.', 'fr' => 'L\'envoi ne dit pas sa longueur.'],
        'bad_method' => ['en' => 'This cannot be done here.', 'fr' => 'Ceci ne peut pas être fait ici.'],
        'no_such_thing' => ['en' => 'There is nothing at this address.', 'fr' => 'Il n\'y a rien à cette adresse.'],
        'no_file' => ['en' => 'There is no such file.', 'fr' => 'Ce fichier n\'existe pas.'],
    ];

    private function __construct(public string $language)
    {
    }

    /** By an Accept-Language header, such as "fr-CA,fr;q=0.8,en;q=0.5". */
    public static function for(string $header): self
    {
        $best = ['en', 0.0];
        foreach (explode(',', $header) as $wish) {
            [$tag, $weight] = explode(';', $wish, 2) + [1 => 'q=1'];
            $language = strtolower(substr(trim($tag), 0, 2));
            $quality = (float) preg_replace('/^\s*q=/', '', $weight);
            if (in_array($language, ['en', 'fr'], true) && $quality > $best[1]) {
                $best = [$language, $quality];
            }
        }
        return new self($best[0]);
    }

    public function __invoke(string $name): string
    {
        return self::TEXTS[$name][$this->language] ?? $name;
    }
}
