using SggLab.Tracking.Store;

namespace SggLab.Tracking.Access;

/// <summary>Members and tokens, written with their events: a token works, or stops working, from the moment the command returns.</summary>
internal sealed class AccessTables : ReadModel
{
    public const string Members = "member_v1";
    public const string Tokens = "token_v1";

    public override IReadOnlyList<string> Tables => [Members, Tokens];

    public override string Ddl => $$"""
        create table if not exists {s}.{{Members}} (
            name text primary key, role text not null, project text not null, added_at timestamptz not null, changed_at timestamptz not null, removed_at timestamptz);
        create table if not exists {s}.{{Tokens}} (
            token_id text primary key, name text not null, role text not null, project text not null, hash text not null unique,
            issued_at timestamptz not null, expires_at timestamptz, revoked_at timestamptz);
        """;

    public AccessTables()
    {
        On<MemberAdded>((e, sql) => sql.Add($$"""
            insert into {s}.{{Members}} (name, role, project, added_at, changed_at) values (?, ?, ?, ?, ?)
            on conflict (name) do update set role = excluded.role, project = excluded.project, changed_at = excluded.changed_at, removed_at = null
            """, e.Data.Name, e.Data.Role.ToString(), e.Data.Project, e.Timestamp, e.Timestamp));
        On<PasswordChanged>((e, sql) => sql.Add($$"""update {s}.{{Members}} set changed_at = ? where name = ?""", e.Timestamp, e.Data.Name));
        On<TokenIssued>((e, sql) => sql.Add($$"""
            insert into {s}.{{Tokens}} (token_id, name, role, project, hash, issued_at, expires_at) values (?, ?, ?, ?, ?, ?, ?::timestamptz)
            """, e.Data.TokenId, e.Data.Name, e.Data.Role.ToString(), e.Data.Project, e.Data.Hash, e.Timestamp, e.Data.ExpiresAt));
        On<TokenRevoked>((e, sql) => sql.Add($$"""update {s}.{{Tokens}} set revoked_at = ? where token_id = ?""", e.Timestamp, e.Data.TokenId));
    }
}
