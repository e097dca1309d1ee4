-- Events that a projection could not fold and went on without.
create table lab.dead_letter (
    projection text not null,
    sequence bigint not null,
    stream_id text not null,
    event_type text not null,
    problem text not null,
    at timestamptz not null default now(),
    primary key (projection, sequence)
);

-- Whether the lease's run says that its worker may be out of reach for long.
alter table lab.worker_lease add column may_be_offline boolean not null default false;

-- Nothing ever drew from it: the queue is ordered by time and position.
drop sequence lab.queue_ordinal;
