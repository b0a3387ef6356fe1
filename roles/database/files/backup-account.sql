-- The account that reads the data for a full copy (mariadb-backup): the system's user mysql through the local socket, with
-- the rights that this takes. It replaces the account of that name that an installation makes, which may do everything.
CREATE OR REPLACE USER 'mysql'@'localhost' IDENTIFIED VIA unix_socket;
GRANT RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR ON *.* TO 'mysql'@'localhost';
