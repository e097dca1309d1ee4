-- What a worker can compute on: asked at every lease, so it stands where its presence does. Null: it registered before this was kept.
alter table lab.worker_presence add column device text;

-- The queue's table keeps its name: a web node of the release before, still running, goes on filling it, and its rows take the default.
do $$
begin
    if to_regclass('lab.queue_entry_v1') is not null then
        alter table lab.queue_entry_v1 add column if not exists device text not null default 'cpu';
        update lab.queue_entry_v1 q set device = coalesce(e.data -> 'spec' ->> 'device', 'cpu')
        from lab.mt_events e where e.type = 'run_queued' and e.tenant_id = q.tenant_id and e.stream_id = 'run-' || q.run_id;
    end if;
    if to_regclass('lab.worker_row_v1') is not null then
        update lab.worker_presence p set device = w.device from lab.worker_row_v1 w where w.worker_id = p.worker_id;
    end if;
end $$;
