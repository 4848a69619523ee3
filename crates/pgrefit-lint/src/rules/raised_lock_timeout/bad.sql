SET lock_timeout = '5min';
