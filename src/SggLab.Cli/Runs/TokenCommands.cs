using System.CommandLine;
using System.Globalization;
using SggLab.Client;
using SggLab.Contracts;

namespace SggLab.Cli.Runs;

/// <summary>`token create`, `token list` and `token revoke`.</summary>
public static class TokenCommands
{
    public static Command Create()
    {
        var token = new LabCommand("token", "Tokens for the API.") { Examples = ["./sgglab token create --role worker > worker-token", "./sgglab token list                         # which there are; never the tokens themselves"] };
        token.Add(Make());
        token.Add(List());
        token.Add(Revoke());
        return token;
    }

    private static LabCommand Make()
    {
        var role = new Option<string>("--role") { Description = "worker (lease and record), viewer (read), member (queue and cancel) or admin.", Required = true };
        role.AcceptOnlyFromAmong("worker", "viewer", "member", "admin");
        var expires = new Option<string?>("--expires") { Description = "How long it is valid, such as 12h, 30d or 8w; for ever when not given." };
        var name = new Option<string?>("--name") { Description = "Whose or what it is for, as it appears beside what is done with it." };
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("create", "Make an API token and print it, once: only its hash is kept.")
        {
            Options = { role, expires, name, json },
            Examples =
            [
                "./sgglab token create --role worker > worker-token        # for a worker on another machine",
                "./sgglab token create --role viewer --expires 30d --name dashboard",
            ],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var chosen = parsed.GetRequiredValue(role);
            DateTimeOffset? until = parsed.GetValue(expires) is { } text ? TimeProvider.System.GetUtcNow() + Duration(text) : null;
            var issued = await client.CreateTokenAsync(parsed.GetValue(name) ?? $"{chosen} {TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}", chosen, until, stop);
            if (parsed.GetValue(json)) Report.Json(issued);
            else Console.Out.WriteLine(issued.Token);
            return 0;
        });
        return command;
    }

    private static LabCommand List()
    {
        var (json, site) = (RunCommands.Json(), new SiteConnection());
        var command = new LabCommand("list", "List the API's tokens: whose they are, who made them when, and until when they are valid. Never the tokens themselves.")
        {
            Options = { json },
            Examples = ["./sgglab token list", "./sgglab token list --json"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var tokens = await client.TokensAsync(stop);
            if (parsed.GetValue(json)) Report.Json(tokens);
            else
                Report.Table(["id", "name", "role", "state", "made", "by", "expires", "revoked"],
                    tokens.Select(t => new[] { t.Id, t.Name, t.Role, t.State, Report.Time(t.MadeAt), t.MadeBy, t.ExpiresAt is null ? "never" : Report.Time(t.ExpiresAt), Report.Time(t.RevokedAt) }), "No tokens.");
            return 0;
        });
        return command;
    }

    private static LabCommand Revoke()
    {
        var (id, json, site) = (new Argument<string>("ID") { Description = "Id of the token as `token list` shows it." }, RunCommands.Json(), new SiteConnection());
        var command = new LabCommand("revoke", "Revoke an API token: it is refused from now on.")
        {
            Arguments = { id },
            Options = { json },
            Examples = ["./sgglab token revoke 7f3a9k2m1c"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var given = parsed.GetRequiredValue(id);
            // It must not reach a log by way of the request's address.
            if (given.StartsWith("sgg_", StringComparison.Ordinal))
                throw new LabException("What was given is a token, not a token's id. `./sgglab token list` shows the ids.");
            using var client = site.Connect(parsed);
            var revoked = await client.RevokeTokenAsync(given, stop);
            if (parsed.GetValue(json)) Report.Json(revoked);
            else Console.Out.WriteLine(revoked.Changed ? $"Token {given} is revoked: it is refused from now on." : $"Token {given} was revoked before.");
            return 0;
        });
        return command;
    }

    internal static TimeSpan Duration(string text)
    {
        if (text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 100_000)
            switch (text[^1])
            {
                case 'h': return TimeSpan.FromHours(count);
                case 'd': return TimeSpan.FromDays(count);
                case 'w': return TimeSpan.FromDays(7 * count);
            }
        throw new LabException($"--expires {text} is not a length of time. Give a number and h, d or w, such as 12h, 30d or 8w.");
    }
}
