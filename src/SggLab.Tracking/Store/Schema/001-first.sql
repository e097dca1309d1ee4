-- What no projection makes: presence and leases, stored files, secrets. Everything else is folded from events.
create table lab.worker_lease (
    tenant_id text not null,
    run_id text not null,
    experiment_id text not null,
    attempt int not null,
    fence bigint not null,
    worker_id text not null,
    incarnation text not null,
    leased_at timestamptz not null default now(),
    renewed_at timestamptz not null default now(),
    stop text,
    primary key (tenant_id, run_id)
);
create index worker_lease_worker on lab.worker_lease (worker_id);

create table lab.worker_presence (
    worker_id text primary key,
    incarnation text not null,
    last_seen timestamptz not null default now()
);

create sequence lab.lease_fence;
create sequence lab.queue_ordinal;

create table lab.blob (
    sha256 text primary key,
    bytes bigint not null,
    stored_at timestamptz not null default now()
);

create table lab.member_password (
    name text primary key,
    password text not null,
    changed_at timestamptz not null default now()
);

-- A procedure, not a select: a projection's batch must not return rows.
create procedure lab.tell(project text, kind text, id text) language plpgsql as $$
begin
    perform pg_notify('sgglab_changes', project || '|' || kind || '|' || id);
end $$;
