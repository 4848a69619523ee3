SELECT a.archived_count AS archived, a.failed_count AS failed,
       {age_s a.last_archived_time} AS last_archived_age_s,
       {age_s a.last_failed_time} AS last_failed_age_s
FROM pg_stat_archiver a
