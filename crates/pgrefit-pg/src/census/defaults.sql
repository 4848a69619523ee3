SELECT d.adrelid AS relation, d.adnum AS number, a.attgenerated <> '' AS generated, d.adbin::text AS expression
FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid IN {user_relations}
