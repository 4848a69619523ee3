SELECT e.evtname AS name, e.evtevent AS event, e.evtenabled AS enabled, e.evtowner AS owner,
       EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
           AS of_extension
FROM pg_event_trigger e
ORDER BY 1
