using System.CommandLine;

namespace SggLab.Cli.Site;

internal static class HomeOption
{
    public static Option<string?> Create() => new("--home")
    {
        Description = "Folder that holds everything of the site; by default SGGLAB_HOME, else .sgglab in the repository.",
        HelpName = "DIR",
    };
}
