using System.CommandLine;
using System.Security.Cryptography;
using SggLab.Contracts;

namespace SggLab.Cli.Runs;

/// <summary>`member add` and `member password`: who signs in to the pages.</summary>
public static class MemberCommands
{
    // Without the characters that look like others.
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    public static Command Create()
    {
        var member = new LabCommand("member", "Members sign in to the pages with a name and a password.") { Examples = ["./sgglab member add ada --role member"] };
        member.Add(Add());
        member.Add(Password());
        return member;
    }

    private static LabCommand Add()
    {
        var (name, given, json, site) = (Name(), PasswordFile(), RunCommands.Json(), new SiteConnection());
        var role = new Option<string>("--role") { Description = "viewer (read), member (queue and cancel) or admin.", Required = true };
        role.AcceptOnlyFromAmong("viewer", "member", "admin");
        var command = new LabCommand("add", "Add a member. A password is made and printed, once, unless one is given.")
        {
            Arguments = { name },
            Options = { role, given, json },
            Examples = ["./sgglab member add ada --role member", "pass show sgglab | ./sgglab member add ada --role admin --password-file -"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var (member, password) = (parsed.GetRequiredValue(name), Read(parsed.GetValue(given)));
            await client.AddMemberAsync(member, parsed.GetRequiredValue(role), password ?? Made(out password), stop);
            Say(member, parsed.GetValue(given) is null ? password : null, "can sign in", parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static LabCommand Password()
    {
        var (name, given, json, site) = (Name(), PasswordFile(), RunCommands.Json(), new SiteConnection());
        var command = new LabCommand("password", "Give a member another password. One is made and printed, once, unless one is given.")
        {
            Arguments = { name },
            Options = { given, json },
            Examples = ["./sgglab member password admin", "./sgglab member password ada --password-file new-password"],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            using var client = site.Connect(parsed);
            var (member, password) = (parsed.GetRequiredValue(name), Read(parsed.GetValue(given)));
            await client.ChangePasswordAsync(member, password ?? Made(out password), stop);
            Say(member, parsed.GetValue(given) is null ? password : null, "has another password", parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "The member's name, as typed when signing in." };

    private static Option<string?> PasswordFile() => new("--password-file") { Description = "File whose first line is the password, of 12 to 200 characters; - reads standard input." };

    private static string Made(out string password) => password = RandomNumberGenerator.GetString(Alphabet, 20);

    private static string? Read(string? file)
    {
        if (file is null)
            return null;
        try
        {
            return (file == "-" ? Console.In.ReadLine() : File.ReadLines(file).FirstOrDefault()) ?? throw new LabException($"--password-file {file} is empty; its first line is the password.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"--password-file {file} cannot be read: {e.Message}", 2, e);
        }
    }

    private static void Say(string member, string? made, string done, bool json)
    {
        if (json) Report.Json(new { name = member, password = made });
        else Console.Out.WriteLine(made is null ? $"Member {member} {done}." : $"Member {member} {done}; the password, shown this once: {made}");
    }
}
