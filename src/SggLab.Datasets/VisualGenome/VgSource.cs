using System.Globalization;
using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.VisualGenome;

/// <summary>An h5 file together with its names, its image list and its folder of pictures.</summary>
internal sealed class VgSource
{
    private static readonly string[] Folders = ["VG_100K", "VG_100K_2"];

    private readonly VgOptions _options;
    private readonly IReadOnlyList<VgImage>? _images;
    private readonly string[] _folders;
    private readonly Lazy<int[]> _train;

    private VgSource(VgFile file, VgNames names, IReadOnlyList<VgImage>? images, string[] folders, VgOptions options) =>
        (File, Names, _images, _folders, _options, _train) = (file, names, images, folders, options, new Lazy<int[]>(() => Rows("train")));

    public VgFile File { get; }
    public VgNames Names { get; }

    public static VgSource Open(string path, VgOptions options)
    {
        var file = VgFile.Read(path);
        var names = (options.Dictionary ?? Beside(path, "VG-SGG-dicts-with-attri.json")) is { } dictionary ? VgNames.Read(dictionary) : VgNames.BuiltIn;
        var imageData = options.ImageData ?? Beside(path, "image_data.json");
        var images = imageData is null ? null : VgImageData.Read(imageData);
        if (images is not null && images.Count != file.Images)
            throw new DatasetException(imageData!, null, null, $"lists {images.Count} images (without the four that are always left out) where {path} has {file.Images} graphs; expected the image_data.json that belongs to it");
        string[] folders = options.Images is { } given ? [given] : [.. Folders.Select(name => Beside(path, name)).OfType<string>()];
        return new VgSource(file, names, images, folders, options);
    }

    public bool KnowsImageSizes => _images is not null;

    /// <summary>Whether a folder of pictures was given or found.</summary>
    public bool HasPictures => _folders.Length > 0;

    /// <summary>Image indices of a split, in the reference's order of filters.</summary>
    public int[] Rows(string split) => Rows(split, new HashSet<int>());

    /// <summary>The same where some images cannot be looked into; they stay in their split.</summary>
    public int[] Rows(string split, IReadOnlySet<int> broken)
    {
        if (!VgDataset.Splits.Contains(split)) throw new DatasetException(File.Path, null, "split", $"'{split}' was asked for; the file has {string.Join(", ", VgDataset.Splits)}");
        var rows = Enumerable.Range(0, File.Images)
            .Where(image => File.Split[image] == (split == "test" ? 2 : 0) && File.HasBoxes(image) && (!_options.OnlyWithRelations || File.HasRelations(image)));
        if (split == "val") rows = rows.Take(_options.ValidationImages);
        if (split == "train") rows = rows.Skip(_options.ValidationImages);
        if (split == "train" && _options.DropDistantRelations) rows = rows.Where(image => broken.Contains(image) || File.Graph(image, Names).WithoutDistantRelations().Relations.Length > 0);
        return [.. rows];
    }

    public SceneGraphExample Example(int image)
    {
        var graph = File.Graph(image, Names);
        if (_options.DropDistantRelations && InTrain(image)) graph = graph.WithoutDistantRelations();
        var origin = new RowOrigin(File.Path, image);
        var entry = _images?[image];
        var objects = graph.Boxes.Select((box, i) => new SceneObject(
            string.Create(CultureInfo.InvariantCulture, $"{Names.Labels[box.Label - 1]}.{i + 1}"), InPixels(box, entry))).ToList();
        var id = entry?.ImageId ?? image.ToString(CultureInfo.InvariantCulture);
        return new SceneGraphExample
        {
            ImageId = id,
            Image = EncodedImage.FromFile(PathOf(id), origin, "image", entry is null ? null : new ImageSize(entry.Width, entry.Height)),
            Objects = objects,
            Relationships = [.. graph.Relations.Select(r => new SceneRelationship(objects[r.Subject].Id, Names.Predicates[r.Predicate - 1], objects[r.Object].Id))],
            Origin = origin,
        };
    }

    public IReadOnlyList<IReadOnlyList<string>> Attributes(int image) =>
        [.. File.Graph(image, Names).Boxes.Select(box => (IReadOnlyList<string>)[.. File.Attributes(box.Row).Select(number => Attribute(image, number))])];

    private string Attribute(int image, int number) => number >= 1 && number <= Names.Attributes.Count
        ? Names.Attributes[number - 1]
        : throw new DatasetException(File.Path, image, "attributes", $"holds {number}; {Names.Source} name 1 to {Names.Attributes.Count}");

    private bool InTrain(int image) => Array.BinarySearch(_train.Value, image) >= 0;

    private Box InPixels(VgBox box, VgImage? image)
    {
        if (image is null) return new Box(box.X1, box.Y1, box.X2, box.Y2);
        double longer = Math.Max(image.Width, image.Height);
        double Pixel(int value, int side)
        {
            var pixel = value / (double)VgFile.BoxFrame * longer;
            return _options.ClipToImage ? Math.Clamp(pixel, 0, side - 1) : pixel;
        }
        return new Box(Pixel(box.X1, image.Width), Pixel(box.Y1, image.Height), Pixel(box.X2, image.Width), Pixel(box.Y2, image.Height));
    }

    private string PathOf(string id)
    {
        var candidates = _folders.Select(folder => System.IO.Path.Combine(folder, id + ".jpg")).ToList();
        return candidates.FirstOrDefault(System.IO.File.Exists) ?? candidates.FirstOrDefault() ?? id + ".jpg";
    }

    private static string? Beside(string path, string name)
    {
        var candidate = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, name);
        return System.IO.Path.Exists(candidate) ? candidate : null;
    }
}
