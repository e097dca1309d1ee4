using Npgsql;

namespace SggLab.Tracking.Access;

/// <summary>Says who a password or token belongs to.</summary>
public sealed class AccessService(NpgsqlDataSource source)
{
    /// <returns>The member, or null if the name is unknown or the password wrong; both take the same time.</returns>
    public async Task<Actor?> VerifyPasswordAsync(string name, string password, CancellationToken cancellation = default)
    {
        await using var command = source.CreateCommand($"""
            select m.role, m.project, p.password from lab.{AccessTables.Members} m join lab.member_password p using (name) where m.name = $1 and m.removed_at is null
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = SafeText.Of(name, 80) });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var known = await reader.ReadAsync(cancellation);
        return Passwords.Verify(password, known ? reader.GetString(2) : null) ? new Actor(name, Enum.Parse<Role>(reader.GetString(0)), reader.GetString(1)) : null;
    }

    /// <returns>The token's owner, or null if it is unknown, expired or revoked.</returns>
    public async Task<Actor?> VerifyTokenAsync(string token, CancellationToken cancellation = default)
    {
        if (!Tokens.LooksLikeOne(token))
            return null;
        return await FindAsync($"""
            select name, role, project from lab.{AccessTables.Tokens} where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())
            """, Tokens.Hash(token), cancellation);
    }

    /// <summary>The member as it is now (null once removed): signed-in pages ask each minute.</summary>
    public Task<Actor?> FindMemberAsync(string name, CancellationToken cancellation = default) =>
        FindAsync($"select name, role, project from lab.{AccessTables.Members} where name = $1 and removed_at is null", SafeText.Of(name, 80), cancellation);

    private async Task<Actor?> FindAsync(string sql, string value, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new Actor(reader.GetString(0), Enum.Parse<Role>(reader.GetString(1)), reader.GetString(2)) : null;
    }
}
