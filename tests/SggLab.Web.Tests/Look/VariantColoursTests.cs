using System.Globalization;
using System.Text.RegularExpressions;
using SggLab.Web.Look;

namespace SggLab.Web.Tests.Look;

/// <summary>The colours in wwwroot/site.css, seen with eyes that lack one kind of cone.</summary>
public sealed partial class VariantColoursTests
{
    // Viénot, Brettel and Mollon 1999, in linear RGB.
    private static readonly double[][] s_protan = [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]];
    private static readonly double[][] s_deutan = [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]];

    public static TheoryData<string> Themes => ["light", "dark"];

    [Theory, MemberData(nameof(Themes))]
    public void Every_variant_stands_out_from_the_page(string theme)
    {
        var colours = Read(theme);
        foreach (var look in VariantLook.All)
            Contrast(colours[$"variant-{look.Key}"], colours["lab-surface"]).ShouldBeGreaterThan(3, $"{look.Label} on {theme}");
    }

    [Theory, MemberData(nameof(Themes))]
    public void Text_stands_out_from_what_it_is_written_on(string theme)
    {
        var colours = Read(theme);
        foreach (var (text, ground) in new[] { ("lab-ink", "lab-bg"), ("lab-muted", "lab-bg"), ("lab-muted", "lab-raised"), ("lab-accent", "lab-surface"), ("lab-accent", "lab-accent-soft"), ("lab-good", "lab-good-soft"), ("lab-bad", "lab-bad-soft"), ("lab-run", "lab-run-soft"), ("lab-wait", "lab-wait-soft"), ("lab-off", "lab-off-soft") })
            Contrast(colours[text], colours[ground]).ShouldBeGreaterThan(4.5, $"{text} on {ground}, {theme}");
    }

    [Theory, MemberData(nameof(Themes))]
    public void The_three_reward_variants_and_SFT_differ_for_colour_blind_eyes(string theme)
    {
        var colours = Read(theme);
        VariantLook[] looks = [VariantLook.Hard, VariantLook.Relax, VariantLook.Soft, VariantLook.Sft];
        foreach (var (name, eye) in new[] { ("protan", s_protan), ("deutan", s_deutan) })
            for (var i = 0; i < looks.Length; i++)
                for (var j = i + 1; j < looks.Length; j++)
                    Distance(See(eye, colours[$"variant-{looks[i].Key}"]), See(eye, colours[$"variant-{looks[j].Key}"]))
                        .ShouldBeGreaterThan(0.06, $"{looks[i].Label} and {looks[j].Label} for {name} eyes, {theme}");
    }

    [Fact]
    public void A_figure_of_the_starting_weights_is_untrained_and_a_run_has_its_variant()
    {
        VariantLook.Of(Samples.Row(6, 0.01, "sft", null, step: 0)).ShouldBe(VariantLook.Untrained);
        VariantLook.Of(Samples.Row(5, 0.3, "sft", null)).ShouldBe(VariantLook.Sft);
        VariantLook.Of("grpo", "hard_recall_relax").ShouldBe(VariantLook.Relax);
        VariantLook.Of("scripted", "soft_recall").ShouldBe(VariantLook.Soft);
        VariantLook.Of("grpo", "a_new_one").Label.ShouldBe("a_new_one");
    }

    private static Dictionary<string, double[]> Read(string theme)
    {
        var css = File.ReadAllText(Path.Combine(Repository.Root, "web", "SggLab.Web", "wwwroot", "site.css"));
        var start = theme == "light" ? css.IndexOf(":root, [data-bs-theme=\"light\"] {", StringComparison.Ordinal) : css.IndexOf("[data-bs-theme=\"dark\"] {\n  --lab", StringComparison.Ordinal);
        var block = css[start..css.IndexOf('}', start)];
        return Variable().Matches(block).ToDictionary(match => match.Groups[1].Value, match => Linear(match.Groups[2].Value));
    }

    private static double[] Linear(string hex) => [.. Enumerable.Range(0, 3).Select(i =>
    {
        var channel = int.Parse(hex.AsSpan(i * 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
        return channel <= 0.04045 ? channel / 12.92 : Math.Pow((channel + 0.055) / 1.055, 2.4);
    })];

    private static double Luminance(double[] rgb) => 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];

    private static double Contrast(double[] a, double[] b)
    {
        var (one, other) = (Luminance(a) + 0.05, Luminance(b) + 0.05);
        return Math.Max(one, other) / Math.Min(one, other);
    }

    private static double[] See(double[][] eye, double[] rgb) => [.. eye.Select(row => row.Zip(rgb, (weight, channel) => weight * channel).Sum())];

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());

    [GeneratedRegex(@"--([a-z-]+): #([0-9a-f]{6});")]
    private static partial Regex Variable();
}
