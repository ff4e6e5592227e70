-- Tables, an index, joins, strings, deletes. The number of rows comes before as a table: rows(n).
.bail on
PRAGMA journal_mode = WAL;
CREATE TABLE item(id INTEGER PRIMARY KEY, kind TEXT, size INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT n FROM rows))
  INSERT INTO item SELECT i, 'kind' || (i * 7919 % 97), i * 31 % 10007, printf('%0*d', i % 120, i) FROM n;
CREATE INDEX by_kind ON item(kind, size);
CREATE TABLE total AS
  SELECT kind, count(*) AS c, sum(size) AS s, max(length(note)) AS m FROM item GROUP BY kind;
DELETE FROM item WHERE id % 5 = 0;
UPDATE item SET note = note || kind WHERE id % 3 = 0;
SELECT count(*), sum(size), sum(length(note)) FROM item;
SELECT a.kind, count(*) FROM item a JOIN item b ON a.size = b.size AND a.id < b.id
  GROUP BY a.kind ORDER BY 1 LIMIT 20;
SELECT group_concat(kind || ':' || c || ':' || s || ':' || m) FROM (SELECT * FROM total ORDER BY kind);
VACUUM;
PRAGMA integrity_check;
