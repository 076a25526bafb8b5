-- What only the program reads has a name that begins with "_": a person who opens the file sees the tables for people.
-- Old rules for ALTER TABLE: the new ones refuse to rename while a view that an analyst made reads one of ours, and ours are not there during a migration.
PRAGMA legacy_alter_table = ON;
ALTER TABLE hosts RENAME TO _hosts;
ALTER TABLE links RENAME TO _links;
ALTER TABLE sites RENAME TO _sites;
ALTER TABLE furniture RENAME TO _furniture;
ALTER TABLE fingerprints RENAME TO _fingerprints;
ALTER TABLE postings RENAME TO _postings;
ALTER TABLE crowded RENAME TO _crowded;
ALTER TABLE unread_pages RENAME TO _unread_pages;
ALTER TABLE tombstones RENAME TO _tombstones;
PRAGMA legacy_alter_table = OFF;
