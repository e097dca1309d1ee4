using System.Text;

namespace SggLab.Datasets.Parquet;

/// <summary>The published layouts' columns, and what the datasets library wants to read about them.</summary>
internal static class SceneGraphFeatures
{
    public static IReadOnlyList<string> Columns(bool prompts) => prompts
        ? ["image_id", "image", "prompt_open", "prompt_close", "objects", "relationships"]
        : ["image_id", "image", "objects", "relationships"];

    /// <summary>The value of the schema key "huggingface".</summary>
    public static string HubMetadata(bool prompts) =>
        "{\"info\": {\"features\": {" + string.Join(", ", Columns(prompts).Select(Feature)) + "}}}";

    /// <summary>README.md of a hub folder with one split.</summary>
    public static string Readme(bool prompts, string split, long valueBytes, long rows, long downloadBytes, string about)
    {
        var text = new StringBuilder("---\ndataset_info:\n  features:\n");
        foreach (var column in Columns(prompts)) text.Append("  - name: ").Append(column).Append("\n    dtype: ").Append(column == "image" ? "image" : "string").Append('\n');
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  splits:\n  - name: {split}\n    num_bytes: {valueBytes}\n    num_examples: {rows}\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  download_size: {downloadBytes}\n  dataset_size: {valueBytes}\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"configs:\n- config_name: default\n  data_files:\n  - split: {split}\n    path: data/{split}-*\n---\n");
        return text.Append('\n').Append(about).Append('\n').ToString();
    }

    private static string Feature(string column) => column == "image"
        ? "\"image\": {\"_type\": \"Image\"}"
        : $"\"{column}\": {{\"dtype\": \"string\", \"_type\": \"Value\"}}";
}
