using System.CommandLine;
using SggLab.Contracts;
using SggLab.Datasets;
using SggLab.Datasets.Psg;
using SggLab.Datasets.VisualGenome;

namespace SggLab.Cli.Data;

public static class DataCommands
{
    public static Command Create() => new("data", "Look into data sets, convert them, and draw synthetic scenes.")
    {
        InspectData.Create(),
        DataExamples.Create(),
        DataStatistics.Create(),
        ConvertData.Create(),
        SynthesizeData.Create(),
    };
}

/// <summary>The options by which every data command finds and reads a data set.</summary>
internal sealed class DataSourceOptions
{
    private readonly Argument<string> _path = new("PATH") { Description = "A hub folder or parquet file, VG-SGG-with-attri.h5, psg.json, or a folder with one of them." };
    private readonly Option<string?> _split = new("--split") { Description = "One split only." };
    private readonly Option<string?> _images = new("--images-folder") { Description = "Where the pictures of an h5 file or psg.json lie (default: VG_100K or coco beside it)." };
    private readonly Option<string?> _dictionary = new("--dictionary") { Description = "VG-SGG-dicts-with-attri.json (default: beside the h5 file, else the built-in VG150 names)." };
    private readonly Option<string?> _imageData = new("--image-data") { Description = "image_data.json (default: beside the h5 file)." };
    private readonly Option<int> _validation = new("--validation-images") { Description = "How many images of the h5 file's split 0 are validation.", DefaultValueFactory = _ => 5000 };
    private readonly Option<bool> _distant = new("--drop-distant-relations") { Description = "In the h5 file's train split, drop relations whose boxes do not touch." };
    private readonly Option<bool> _clip = new("--clip") { Description = "Clip the h5 file's boxes to the picture." };
    private readonly Option<bool> _allRelations = new("--all-relations") { Description = "Of psg.json keep every relation; without it train draws one predicate a pair and test drops equal triplets, as the reference does." };
    private readonly Option<bool> _things = new("--things-only") { Description = "Of psg.json keep things, no stuff." };

    public DataSourceOptions() => _validation.MustBeWithin(0);

    public void AddTo(Command command)
    {
        command.Add(_path);
        foreach (var option in new Option[] { _split, _images, _dictionary, _imageData, _validation, _distant, _clip, _allRelations, _things }) command.Add(option);
    }

    public string Path(ParseResult parsed) => parsed.GetValue(_path)!;

    /// <exception cref="LabException">A file or folder that was named is not there: the command is wrong then, not the data set.</exception>
    public DatasetOptions Reading(ParseResult parsed)
    {
        foreach (var option in new[] { _dictionary, _imageData })
            if (parsed.GetValue(option) is { } file && !File.Exists(file)) throw new LabException($"{option.Name} names {file}, which is no file; give the path of one.");
        if (parsed.GetValue(_images) is { } folder && !Directory.Exists(folder)) throw new LabException($"{_images.Name} names {folder}, which is no folder; give the path of one.");
        return Chosen(parsed);
    }

    private DatasetOptions Chosen(ParseResult parsed) => new(
        new VgOptions
        {
            Dictionary = parsed.GetValue(_dictionary),
            ImageData = parsed.GetValue(_imageData),
            Images = parsed.GetValue(_images),
            ValidationImages = parsed.GetValue(_validation),
            DropDistantRelations = parsed.GetValue(_distant),
            ClipToImage = parsed.GetValue(_clip),
        },
        new PsgOptions
        {
            Images = parsed.GetValue(_images),
            Relations = parsed.GetValue(_allRelations) ? PsgRelations.All : PsgRelations.Reference,
            Objects = parsed.GetValue(_things) ? PsgObjects.Things : PsgObjects.All,
        });

    /// <summary>The split asked for, or null for all.</summary>
    public string? Split(ParseResult parsed) => parsed.GetValue(_split);

    /// <summary>The split asked for, or all.</summary>
    public IReadOnlyList<string> Splits(ParseResult parsed, DatasetLocation location) => Split(parsed) is { } one ? [one] : location.Splits;
}
