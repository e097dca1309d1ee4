using System.Text.RegularExpressions;

namespace SggLab.Web.Tests.Look;

/// <summary>A command that a page or message prints can be typed as it stands, in the repository's folder.</summary>
public sealed partial class CommandsTests
{
    [Fact]
    public void Commands_are_printed_as_the_README_types_them()
    {
        var files = new[] { "web", "src", "workers", "docs" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Repository.Root, "*.md")).Where(file => Path.GetExtension(file) is ".razor" or ".cs" or ".md").ToList();

        files.Count.ShouldBeGreaterThan(300);
        files.SelectMany(file => WithoutLauncher().Matches(File.ReadAllText(file)).Select(found => $"{Path.GetRelativePath(Repository.Root, file)}: {found.Value}")).ShouldBeEmpty();
    }

    [GeneratedRegex("(`|<code>|<pre>)sgglab [a-z]+")]
    private static partial Regex WithoutLauncher();
}
