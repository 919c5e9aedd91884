using PmemStream.Interop.Native;

namespace PmemStream.Interop;

/// <summary>What is wrong with a stream or a region, or was and has been repaired.</summary>
[Flags]
public enum StreamConditions
{
    /// <summary>Nothing.</summary>
    None = (int)pms_state_flags.PMS_STATE_NONE,

    /// <summary>Stream: one of the two copies of its header is, or was, bad. Region: its header is damaged.</summary>
    HeaderDamaged = (int)pms_state_flags.PMS_STATE_HEADER_DAMAGED,

    /// <summary>The bad copy of the stream's header was rewritten when it was opened.</summary>
    HeaderRepaired = (int)pms_state_flags.PMS_STATE_HEADER_REPAIRED,

    /// <summary>A copy of the timestamp ceiling was bad, or an entry lay above it.</summary>
    CeilingDamaged = (int)pms_state_flags.PMS_STATE_CEILING_DAMAGED,

    /// <summary>An extent word is bad: regions can be neither created nor freed.</summary>
    LayoutDamaged = (int)pms_state_flags.PMS_STATE_LAYOUT_DAMAGED,

    /// <summary>Entries that had been acknowledged are damaged.</summary>
    EntriesDamaged = (int)pms_state_flags.PMS_STATE_ENTRIES_DAMAGED,

    /// <summary>A checkpoint was unusable: its region was walked from the start.</summary>
    CheckpointDamaged = (int)pms_state_flags.PMS_STATE_CHECKPOINT_DAMAGED,

    /// <summary>Damaged regions were cut off, as <see cref="StreamOpenOptions.Salvage"/> asked.</summary>
    Salvaged = (int)pms_state_flags.PMS_STATE_SALVAGED,

    /// <summary>The file is larger than the stream in it; the rest is ignored.</summary>
    FileLarger = (int)pms_state_flags.PMS_STATE_FILE_LARGER,

    /// <summary>Damage forbids writing: it can only be read.</summary>
    NoWrites = (int)pms_state_flags.PMS_STATE_NO_WRITES,

    /// <summary>Another stored word failed its check; <see cref="PersistentStream.Check"/> says which.</summary>
    WordDamaged = (int)pms_state_flags.PMS_STATE_WORD_DAMAGED,
}
