SELECT w.wal_records AS records, w.wal_fpi AS full_page_images, w.wal_bytes::int8 AS bytes, w.wal_buffers_full AS buffers_full,
       {age_s w.stats_reset}
           AS reset_age_s
FROM pg_stat_wal w
