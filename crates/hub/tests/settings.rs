//! The environment: which variable wins over which, and what is refused.
#![allow(clippy::unwrap_used)] // tests may

use std::fs;
use std::path::{Path, PathBuf};

use beamline_hub::{Fault, Hub, HubError, Settings};

/// The settings under these variables and no others.
fn read(vars: &[(&str, &str)]) -> Result<Settings, HubError> {
    Settings::from_lookup(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

fn cache(vars: &[(&str, &str)]) -> PathBuf {
    read(vars).expect("good settings").cache
}

#[test]
fn each_folder_variable_wins_over_the_next() {
    let mut vars = vec![("HOME", "/home/ada")];
    assert_eq!(cache(&vars), Path::new("/home/ada/.cache/huggingface/hub"));
    vars.push(("XDG_CACHE_HOME", "/xdg"));
    assert_eq!(cache(&vars), Path::new("/xdg/huggingface/hub"));
    vars.push(("HF_HOME", "/hf"));
    assert_eq!(cache(&vars), Path::new("/hf/hub"));
    vars.push(("HUGGINGFACE_HUB_CACHE", "/old"));
    assert_eq!(cache(&vars), Path::new("/old"));
    vars.push(("HF_HUB_CACHE", "/models"));
    assert_eq!(cache(&vars), Path::new("/models"));
}

#[test]
fn empty_variables_count_as_unset_and_tildes_are_home() {
    let home = ("HOME", "/home/ada");
    let empty = [home, ("XDG_CACHE_HOME", ""), ("HF_HOME", ""), ("HF_HUB_CACHE", " "), ("HF_ENDPOINT", "")];
    let settings = read(&empty).unwrap();
    assert_eq!(settings.cache, Path::new("/home/ada/.cache/huggingface/hub"));
    assert_eq!(settings.endpoint, "https://huggingface.co");
    assert_eq!(cache(&[home, ("HF_HOME", "~/hf")]), Path::new("/home/ada/hf/hub"));
    assert_eq!(cache(&[("USERPROFILE", "/users/ada")]), Path::new("/users/ada/.cache/huggingface/hub"));
}

#[test]
fn without_a_home_the_cache_must_be_named() {
    let error = read(&[]).unwrap_err();
    assert!(matches!(error, HubError::BadSetting { name: "HF_HOME", .. }), "{error:?}");
    assert_eq!(error.fault(), Fault::Usage);
    assert_eq!(cache(&[("HF_HUB_CACHE", "/models")]), Path::new("/models"));
}

#[test]
fn endpoints_lose_their_slashes_and_must_be_addresses() {
    let home = ("HOME", "/home/ada");
    let endpoint = |value: &str| read(&[home, ("HF_ENDPOINT", value)]).map(|settings| settings.endpoint);
    assert_eq!(endpoint("http://mirror.test:8080/hf//").unwrap(), "http://mirror.test:8080/hf");
    for bad in ["mirror.test", "ftp://mirror.test", "https://me:secret@mirror.test", "https://"] {
        let error = endpoint(bad).unwrap_err();
        assert!(matches!(error, HubError::BadSetting { name: "HF_ENDPOINT", .. }), "{bad}: {error:?}");
    }
}

#[test]
fn each_token_wins_over_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("hf");
    fs::create_dir(&home).unwrap();
    let path = folder.path().join("elsewhere");
    let (home_text, path_text) = (home.to_str().unwrap(), path.to_str().unwrap());
    let token = |vars: &[(&str, &str)]| read(vars).unwrap().token;

    let mut vars = vec![("HF_HOME", home_text)];
    assert_eq!(token(&vars), None);
    fs::write(home.join("token"), " \n").unwrap();
    assert_eq!(token(&vars), None, "an empty file is no token");
    fs::write(home.join("token"), "from_home\n").unwrap();
    assert_eq!(token(&vars).as_deref(), Some("from_home"));
    vars.push(("HF_TOKEN_PATH", path_text));
    assert_eq!(token(&vars), None, "the path stands in place of the file at home");
    fs::write(&path, "\tfrom_path ").unwrap();
    assert_eq!(token(&vars).as_deref(), Some("from_path"));
    vars.push(("HUGGING_FACE_HUB_TOKEN", "from_old_name"));
    assert_eq!(token(&vars).as_deref(), Some("from_old_name"));
    vars[2] = ("HF_TOKEN", " from_variable ");
    assert_eq!(token(&vars).as_deref(), Some("from_variable"));
    vars[2].1 = "";
    assert_eq!(token(&vars).as_deref(), Some("from_path"));
}

#[test]
fn a_token_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let error = read(&[("HF_HOME", path), ("HF_TOKEN_PATH", path)]).unwrap_err();
    assert!(matches!(&error, HubError::Io { path, .. } if path == folder.path()), "{error:?}");
}

#[test]
fn tokens_that_cannot_be_sent_are_refused_and_none_is_ever_shown() {
    for bad in ["two words", "line\r\nX-Evil: 1", "tök"] {
        let error = read(&[("HOME", "/home/ada"), ("HF_TOKEN", bad)]).unwrap_err();
        assert!(matches!(error, HubError::BadSetting { name: "HF_TOKEN", .. }), "{error:?}");
        assert!(!error.to_string().contains(bad));
    }
    let settings = read(&[("HOME", "/home/ada"), ("HF_TOKEN", "hf_secret")]).unwrap();
    assert!(!format!("{settings:?}").contains("secret"));
    assert!(!format!("{:?}", Hub::new(settings).unwrap()).contains("secret"));
}

#[test]
fn offline_has_four_words() {
    let offline = |value: &str| read(&[("HOME", "/home/ada"), ("HF_HUB_OFFLINE", value)]).unwrap().offline;
    for yes in ["1", "true", "YES", "On", " 1 "] {
        assert!(offline(yes), "{yes}");
    }
    for no in ["", "0", "false", "no", "off", "2", "11"] {
        assert!(!offline(no), "{no}");
    }
    let both = |own: &str, old: &str| {
        let vars = [("HOME", "/home/ada"), ("HF_HUB_OFFLINE", own), ("TRANSFORMERS_OFFLINE", old)];
        read(&vars).unwrap().offline
    };
    assert_eq!((both("", "yes"), both("0", "1"), both("1", "0"), both("", "0")), (true, false, true, false));
}
