using System.Globalization;
using System.Text.Json;
using PmemStream.Interop;
using RegionInfo = PmemStream.Interop.RegionInfo;

namespace PmemStream.Cli.Output;

/// <summary>What the tool says about a stream, as JSON. Scripts rely on the names of the properties.</summary>
internal static class StreamJson
{
    /// <summary>Fills the object with the facts about an open stream.</summary>
    public static void Write(string path, PersistentStream stream, Utf8JsonWriter writer)
    {
        StreamInfo info = stream.Info;
        writer.WriteString("path", path);
        writer.WriteString("uuid", info.Uuid);
        writer.WriteString("created", info.Created.ToString(StreamReport.TimeFormat, CultureInfo.InvariantCulture));
        writer.WriteNumber("formatVersion", info.FormatVersion);
        writer.WriteNumber("compatibleFeatures", info.CompatibleFeatures);
        writer.WriteNumber("incompatibleFeatures", info.IncompatibleFeatures);
        writer.WriteNumber("readOnlyFeatures", info.ReadOnlyFeatures);
        writer.WriteNumber("sizeBytes", info.Size);
        writer.WriteNumber("fileBytes", info.FileSize);
        writer.WriteNumber("blockBytes", info.BlockSize);
        writer.WriteNumber("freeBytes", info.FreeBytes);
        writer.WriteNumber("largestFreeBytes", info.LargestFreeBytes);
        writer.WriteNumber("nextTimestamp", info.NextTimestamp);
        writer.WriteString("medium", Words.Of(info.Medium.ToString(), '-'));
        writer.WriteString("durability", info.MediumDescription);
        writer.WriteState(info.Conditions | stream.Recovery.Conditions);
        writer.WriteStartArray("regions");
        foreach (RegionInfo region in RegionReport.Facts(stream.Regions))
        {
            writer.WriteStartObject();
            Write(region, writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(RegionInfo region, Utf8JsonWriter writer)
    {
        writer.WriteString("name", region.Name.Length == 0 ? null : region.Name);
        writer.WriteNumber("offset", region.Offset);
        writer.WriteNumber("totalBytes", region.TotalBytes);
        writer.WriteNumber("usableBytes", region.UsableBytes);
        writer.WriteNumber("usedBytes", region.UsedBytes);
        writer.WriteNumber("alignment", region.EntryAlignment);
        writer.WriteOptional("firstTimestamp", region.FirstTimestamp);
        writer.WriteOptional("lastTimestamp", region.LastTimestamp);
        writer.WriteNumber("openReservations", region.OpenReservations);
        writer.WriteState(region.Conditions);
    }
}
