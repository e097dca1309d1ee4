-- Boards as of a time look for the first event later than it.
create index if not exists lab_events_time on lab.mt_events (timestamp);
