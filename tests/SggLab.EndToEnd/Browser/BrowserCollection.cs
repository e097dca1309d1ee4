namespace SggLab.EndToEnd.Browser;

/// <summary>The browser's tests share one lab and run one after the other: they watch the same worker.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserCollection : ICollectionFixture<LabSite>, ICollectionFixture<LabBrowser>
{
    public const string Name = "browser";
}
